// Package e2e tests the product as a whole, from outside: it builds the binary, starts it as a process on a data folder of
// its own, and talks to it as its users do: over HTTP, with a real browser.
//
// harness_test.go builds and starts the binary. browser/ holds the checks of the page, which run in Node; browser_test.go
// runs them. report/ is the program that tells the outcome of a test run.
package e2e
