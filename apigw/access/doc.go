// Package access says who may see figures and who may send events: access tokens, sites' keys, and signed tokens that expire.
//
// Everything comes from one small document, the [Secrets]: a file of mode 0600 on one machine, a SecureString of SSM in AWS. An access token opens
// the page and the query API. A site's key is derived from a signing key, so that nothing is stored for a site; it is no secret to visitors,
// and lets them do no more than send events of that site. A signed token does the same until it expires, and can be checked without a store.
//
// Two signing keys can be valid at a time, so that one can be replaced while what was made with the other is still about.
package access
