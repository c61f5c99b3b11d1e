// Package destination stands in for the mapping's on-failure destination on AWS: a bucket of what could not be delivered, in the form that Lambda writes, and a queue with a
// notice of each object.
package destination
