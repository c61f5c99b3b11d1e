// Package geo tells where an address is, by a database in MaxMind's format that the operator brings: GeoLite2, GeoIP2 or
// DB-IP, of countries or of cities.
//
// A [Database] is the file, read into memory; it is read anew when it changes. An address goes in, a place comes out, and nothing
// is written anywhere.
package geo
