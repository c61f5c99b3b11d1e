// Package sigv4 verifies Signature Version 4 of AWS on the side of the server: in the Authorization header, in the query
// of a presigned address, and in the chunks of a streaming body.
//
// A signature covers the method, the path, the query, the signed headers and the hash of the body. It is an HMAC over
// all this with a key that is derived from the secret, the day, the region and the service.
package sigv4
