// Package spool keeps items on disk from when a producer takes them until it knows what became of them, so that a restart finds those it
// does not know of.
//
// A spool is a folder of segments. A segment is a file of frames, written at its end only:
//
//	segment     0                8
//	           +----------------+-------+-------+----
//	           | "SGSPOOL" 01   | frame | frame | …
//	           +----------------+-------+-------+----
//
//	frame       0         4         8        9
//	           +---------+---------+--------+--------------
//	           | length  | CRC-32C | kind   | the rest …
//	           +---------+---------+--------+--------------
//	            little    of kind and rest; length is theirs, too
//	            endian
//
//	kind 1      number of the item (uvarint) | length of the key (uvarint) | key | data
//	kind 2      number of an item that is done (uvarint) | distance to the next such (uvarint) | …
//
// Items are numbered in the order in which they came; an item is in the spool if there is a frame of kind 1 with its number and none of
// kind 2. Files are removed from the oldest on, once nothing in them is left. Where an item that stays holds up others, it is written
// again, with its number, at the end. A frame that was not written wholly can only be the last of the last file: it is cut off. A bad frame
// elsewhere is damage, and an error.
package spool
