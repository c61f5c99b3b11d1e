// Package embedded is the store contract on one machine: a pebble database in a folder that one process owns.
//
// A write that was answered is on disk, unless it was [store.Write] Relaxed. Concurrent writes share a sync of the write-ahead log.
// Heads, bodies and items lie in key spaces of their own (keys.go), so that reading heads never touches the bytes of bodies.
//
// Two things keep a bad disk from becoming a wrong answer or a hanging process. The guard (guard.go) answers
// store.ErrFull while there is still room, because pebble stalls on a full disk. The fence (fence.go) stands between
// pebble and the file system: after the first failed sync or log write nothing more reaches the disk, and every call answers
// [ErrFailed] until the folder is opened again.
//
// A read may see a write whose sync is still under way. What is then written because of it comes later in the log, so
// that a power cut never keeps the consequence without the cause.
package embedded
