// Command streamgauge is the command line of the project. One file has one command; all but the server's own talk to a
// running server over HTTP, by [client].
//
// What a command finds goes to standard output; progress, logs and the one line that says why it failed go to standard
// error. The exit code is 0 when all went well, 2 for a command line that cannot be run, and 1 for everything else, so
// also for books that do not balance.
package main
