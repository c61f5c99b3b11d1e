// Command loadbench measures what a single event costs the client that sends it, and writes a table to standard output: in the same run, against the
// same trivial server of net/http in a process of its own, the load generator (the whole of it: model, pacing at a rate, histograms), net/http's client, a raw
// connection a goroutine, and wrk where it is installed. The others are closed loops that send one request again and again; only the load
// generator makes every event anew and keeps a schedule.
//
// Rounds are interleaved, and medians are shown, of requests a second of the client's CPU. It reads /proc, and so runs on Linux only.
package main
