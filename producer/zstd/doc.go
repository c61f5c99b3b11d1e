// Package zstd makes the records of a producer smaller with Zstandard (RFC 8878). It stands apart from package producer so that who does not
// compress does not link the encoder.
package zstd
