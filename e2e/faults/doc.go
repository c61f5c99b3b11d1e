// Package faults is for tests: a proxy before a service of AWS that fails calls as the network and the service do.
package faults
