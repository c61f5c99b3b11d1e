// Package kpl is the record format of the Kinesis Producer Library: several user records, each with its own partition key, in one
// record of the stream. See "KPL Aggregated Record Format" in github.com/awslabs/amazon-kinesis-producer (aggregation-format.md).
//
//	 0               4                                  n-16             n
//	+---------------+----------------------------------+----------------+
//	| F3 89 9A C2   | AggregatedRecord, as protobuf    | MD5 of it      |
//	+---------------+----------------------------------+----------------+
//
//	message AggregatedRecord {
//	  repeated string partition_key_table     = 1;
//	  repeated string explicit_hash_key_table = 2;
//	  repeated Record records                 = 3;
//	}
//	message Record {
//	  required uint64 partition_key_index     = 1;
//	  optional uint64 explicit_hash_key_index = 2;
//	  required bytes  data                    = 3;
//	  repeated Tag    tags                    = 4;
//	}
//
// It is no client of anything: package producer makes such records, package consumer takes them apart.
package kpl
