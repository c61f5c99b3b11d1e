// Package notify posts messages to webhooks: signed, within a time limit, without following redirects, and only to addresses that the owner of the process allows.
//
// What this package is not: it keeps nothing and tries nothing again. Package aggregate has the outbox, and decides what is sent when.
package notify
