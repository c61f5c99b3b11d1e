// Command lambda is the one bootstrap of all Lambda functions. The function's handler (_HANDLER) says which role it plays:
//
//	collect    the front door for events: API Gateway, function URL or load balancer → stream
//	authorize  the authorizer of API Gateway's direct route to the stream: checks signed tokens
//	consume    batches of the stream → windows in the table
//	rollup     every minute: roll-ups, and what else is due
//	query      the page and the query API
//	command    operations: ledger, metrics, repair, purge, rotate, dead letters and redrive
//
// A role makes only the clients that it uses, at its first event. What runs on one machine only (the embedded store and stream) is not linked in.
package main
