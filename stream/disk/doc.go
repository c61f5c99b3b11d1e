// Package disk is the seam between the stream and the file system: the few operations that a durable log needs, on the
// real disk ([OS]) and on a fake one ([Fake]) that runs out of space, fails to sync, and loses its power.
//
// The rules of the seam are those of a POSIX file system. What was written is durable after File.Sync; a name that was
// created, renamed or removed is durable after FS.SyncDir of its directory; everything else may be lost, or kept, or
// kept in part.
package disk
