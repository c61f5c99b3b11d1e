// Command kinesisbench measures the embedded Kinesis as a process, beside two others in the same run, and writes tables to
// standard output:
//
//   - kinesalite, of e2e/node_modules, in memory;
//   - a canned server: net/http that reads the body and answers a PutRecords with a fixed response, which is the least
//     that a server in Go can do.
//
// The client is aws-sdk-go-v2 with its retries off, on the same machine. It puts 500 records a PutRecords on 4 shards, and
// then reads all of them by GetRecords. The figures are records a second, records a CPU-second of the server, the time of
// a call (p50 and p99), and the largest resident memory. Rounds are interleaved, and medians are shown. With -memory it
// measures instead what is resident after so many records.
//
// It reads /proc, and so runs on Linux only.
package main
