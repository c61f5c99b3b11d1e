// Package dynamo is the store contract on Amazon DynamoDB, built from single-item conditional writes alone.
//
// An item of the contract is an item of the table; a delta is one too, its head, and its body is one more, or several, that were written
// before it under a token that nobody else has (keys.go draws the keys). So a body appears with its head or not at all, however many chunks it has.
//
// A call is made again while the service refuses it for its load, fails or does not answer, with full jitter, as long as its context allows. A
// write whose answer was lost is recognised by what is there: a delta by its nonce, an item by its revision, which is drawn before the first attempt.
//
// Expiry is the table's own (TTL), and only ever deletes: what is past its time and still there is there. To hide it would let an append collide for ever with
// what no read shows.
package dynamo
