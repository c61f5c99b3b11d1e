// Command bench measures the product as a whole, as a process, and writes a table to standard output:
//
//   - events a second that are accepted over HTTP, in requests of 1, 10 and 100, and what they cost the server, all the way into the windows.
//     Beside it, in the same run and by the same client, a floor: a server of net/http that reads the body and answers 202;
//   - events a second from the stream into committed windows, when nothing else is done;
//   - the time from the sending of an event until a reader of the live view has it;
//   - the largest resident memory;
//   - what a synced write of 4 KiB takes on this disk, for no event is accepted before one.
//
// With -page it measures the page instead, in Chromium and with demo traffic: the first load and the main thread of a live page, beside what the same
// browser takes for the page as plain markup that asks and runs nothing, and for the same changes in it.
//
// The client works on the same machine as the server, and takes its share of the cores; the CPU figures are the server's alone.
// Rounds are interleaved, and medians are shown. It reads /proc, and so runs on Linux only.
package main
