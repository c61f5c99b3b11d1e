// Command streamgauge is the command line of the project. A command is in the file of its name, and what there is more of it in files that begin with that
// name. "up" runs the product: it is in the files of [node], the whole of it in one process, and "kinesis" the stream alone. Most of the others talk to
// a running server over HTTP, by [client], or to a stage on AWS, by [stage].
//
// What a command finds goes to standard output; progress, logs and the one line that says why it failed go to standard
// error. The exit code is 0 when all went well, 2 for a command line that cannot be run, and 1 for everything else, so
// also for books that do not balance.
package main
