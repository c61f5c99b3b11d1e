// Package plan reckons what traffic needs on AWS and what it costs a month: shards, concurrency, units of the table, and the bill by line for each way that
// events can come in.
//
// It multiplies three tables. prices.json has list prices, each with its unit and the page that says it. units.json has what the consumer, the roll-up and a live page use on
// DynamoDB, as the test of package store/dynamo counts it. work.json has the CPU time of invocations, as the benchmarks of cmd/lambda measure it. What is left are
// the numbers of the deployment (Stack), which the tests of cmd/lambda compare with the template.
//
// It is no calculator of AWS: one region, no discounts, and nothing of the account beside the stack.
package plan
