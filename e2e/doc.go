// Package e2e tests the product as a whole, from outside: it builds the binary, starts it as a process on a data folder of
// its own, and talks to it as its users do: over HTTP, by the command line, with the AWS SDK, with a real browser. It kills it, fills its
// disk, and compares its figures with those of an evaluator that shares nothing with it.
//
// harness_test.go builds and starts the binary; user_test.go is what a user does with it; accesslog_test.go is the evaluator.
// browser/ holds the checks of the page, which run in Node; browser_test.go runs them. bench/ measures the product, report/ is the program that
// tells the outcome of a test run, repo/ checks the repository itself.
package e2e
