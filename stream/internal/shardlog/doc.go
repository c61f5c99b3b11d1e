// Package shardlog is the log of one shard: records appended in order, each with an index that rises by one, kept in
// segment files that are written sequentially.
//
// The nouns. A segment is a file, zeroed and synced before it is used, so that a sync of records never has to change the
// file's size. A frame is a run of records with one checksum and one arrival time. A group is what callers appended
// while the last group was being synced: it is written at once and synced once. The tail is the newest frames, kept in
// memory for readers at the tip.
//
// What holds at every moment, a power cut included:
//   - Append returns without error only after its records are synced.
//   - A reader sees synced records only, so no checkpoint can run ahead of the log.
//   - Each frame says up to where the segment was synced when the frame was written. A bad frame at or past the greatest
//     such offset is the torn tail of a crash, and is cut; one before it is corruption, and is an error.
//   - A sync that failed is never tried again: every later Append fails until the log is opened anew.
//
// docs/KINESIS.md draws the bytes.
package shardlog
