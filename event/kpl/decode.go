package kpl

import (
	"bytes"
	"crypto/md5"
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// Record is a user record. Data is a part of the bytes that were decoded.
type Record struct {
	PartitionKey string
	HashKey      string // the explicit one, decimal, or ""
	Data         []byte
}

// IsAggregated reports whether a record of the stream begins as an aggregated one does.
func IsAggregated(data []byte) bool { return bytes.HasPrefix(data, []byte(magic)) }

// Decode returns the user records of an aggregated record in their order, or an error if the bytes are not wholly one.
func Decode(data []byte) ([]Record, error) {
	if !IsAggregated(data) || len(data) < Overhead {
		return nil, errors.New("not an aggregated record")
	}
	body, sum := data[len(magic):len(data)-md5.Size], data[len(data)-md5.Size:]
	if got := md5.Sum(body); !bytes.Equal(got[:], sum) {
		return nil, errors.New("aggregated record has a wrong checksum")
	}
	var d decoder
	if err := fields(body, d.field); err != nil {
		return nil, fmt.Errorf("aggregated record: %w", err)
	}
	return d.join()
}

// decoder gathers the tables, which may stand before, after or between the records that refer to them.
type decoder struct {
	keys, hashes []string
	records      []reference
}

// reference is a user record as it is written.
type reference struct {
	key, hash                uint64
	data                     []byte
	hasKey, hasHash, hasData bool
}

func (d *decoder) field(f field) error {
	if f.wire != protowire.BytesType {
		return nil
	}
	switch f.number {
	case fieldKey:
		d.keys = append(d.keys, string(f.bytes))
	case fieldHash:
		d.hashes = append(d.hashes, string(f.bytes))
	case fieldRecord:
		var r reference
		if err := fields(f.bytes, r.field); err != nil {
			return fmt.Errorf("user record %d: %w", len(d.records), err)
		}
		d.records = append(d.records, r)
	}
	return nil
}

func (r *reference) field(f field) error {
	switch {
	case f.number == fieldKeyIndex && f.wire == protowire.VarintType:
		r.key, r.hasKey = f.varint, true
	case f.number == fieldHashIndex && f.wire == protowire.VarintType:
		r.hash, r.hasHash = f.varint, true
	case f.number == fieldData && f.wire == protowire.BytesType:
		r.data, r.hasData = f.bytes, true
	}
	return nil
}

func (d *decoder) join() ([]Record, error) {
	all := make([]Record, len(d.records))
	for i, r := range d.records {
		switch {
		case !r.hasKey || !r.hasData:
			return nil, fmt.Errorf("aggregated record: user record %d has no key or no data", i)
		case r.key >= uint64(len(d.keys)):
			return nil, fmt.Errorf("aggregated record: user record %d has the partition key %d of %d", i, r.key, len(d.keys))
		case r.hasHash && r.hash >= uint64(len(d.hashes)):
			return nil, fmt.Errorf("aggregated record: user record %d has the hash key %d of %d", i, r.hash, len(d.hashes))
		}
		all[i] = Record{PartitionKey: d.keys[r.key], Data: r.data}
		if r.hasHash {
			all[i].HashKey = d.hashes[r.hash]
		}
	}
	return all, nil
}

// field is a field of a message. One that is unknown, or not of the type that it should be, is passed over, as protobuf does.
type field struct {
	number protowire.Number
	wire   protowire.Type
	varint uint64
	bytes  []byte
}

// fields calls yield with every field of a message.
func fields(message []byte, yield func(field) error) error {
	for len(message) > 0 {
		number, wire, size := protowire.ConsumeTag(message)
		if size < 0 {
			return protowire.ParseError(size)
		}
		message = message[size:]
		f := field{number: number, wire: wire}
		switch wire {
		case protowire.VarintType:
			f.varint, size = protowire.ConsumeVarint(message)
		case protowire.BytesType:
			f.bytes, size = protowire.ConsumeBytes(message)
		default:
			size = protowire.ConsumeFieldValue(number, wire, message)
		}
		if size < 0 {
			return protowire.ParseError(size)
		}
		if err := yield(f); err != nil {
			return err
		}
		message = message[size:]
	}
	return nil
}
