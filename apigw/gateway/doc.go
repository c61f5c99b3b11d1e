// Package gateway serves an http.Handler to what invokes a Lambda function over HTTP: API Gateway's HTTP APIs (payload format 2.0 and 1.0) and REST APIs, function
// URLs, and Application Load Balancers. One handler, one adapter: which of them asks is seen in each event.
//
// An answer is collected and sent as a whole, so that nothing can be streamed through it.
package gateway
