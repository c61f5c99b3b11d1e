// Command promql reads expressions of PromQL, one JSON string a line on its standard input, and answers a line for each: the metrics that it selects, with their
// matchers, or why Prometheus' own parser does not take it. With the name of a file of rules it answers a line for each rule in it.
//
// It is a module of its own, so that the parser's dependencies stay out of the product's.
package main
