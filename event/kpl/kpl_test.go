package kpl_test

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
	"pgregory.net/rapid"

	"github.com/streamgauge/streamgauge/event/kpl"
)

// schema is the message as awslabs publish it; the library of protobuf itself reads and writes by it.
const schema = `
name: "messages.proto" syntax: "proto2"
message_type {
  name: "AggregatedRecord"
  field { name: "partition_key_table" number: 1 label: LABEL_REPEATED type: TYPE_STRING }
  field { name: "explicit_hash_key_table" number: 2 label: LABEL_REPEATED type: TYPE_STRING }
  field { name: "records" number: 3 label: LABEL_REPEATED type: TYPE_MESSAGE type_name: "Record" }
}
message_type {
  name: "Tag"
  field { name: "key" number: 1 label: LABEL_REQUIRED type: TYPE_STRING }
  field { name: "value" number: 2 label: LABEL_OPTIONAL type: TYPE_STRING }
}
message_type {
  name: "Record"
  field { name: "partition_key_index" number: 1 label: LABEL_REQUIRED type: TYPE_UINT64 }
  field { name: "explicit_hash_key_index" number: 2 label: LABEL_OPTIONAL type: TYPE_UINT64 }
  field { name: "data" number: 3 label: LABEL_REQUIRED type: TYPE_BYTES }
  field { name: "tags" number: 4 label: LABEL_REPEATED type: TYPE_MESSAGE type_name: "Tag" }
}`

func message(t testing.TB) protoreflect.MessageDescriptor {
	t.Helper()
	var f descriptorpb.FileDescriptorProto
	if err := prototext.Unmarshal([]byte(schema), &f); err != nil {
		t.Fatal(err)
	}
	file, err := protodesc.NewFile(&f, nil)
	if err != nil {
		t.Fatal(err)
	}
	return file.Messages().ByName("AggregatedRecord")
}

func write(keys []string, of []int, data [][]byte) []byte {
	w := kpl.NewWriter(nil)
	for _, k := range keys {
		w.Key(k)
	}
	for i, d := range data {
		w.Record(of[i], d)
	}
	return w.Finish()
}

// What is written is what the schema says, and reads back.
func TestAgainstProtobuf(t *testing.T) {
	desc := message(t)
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOfN(rapid.StringN(1, 20, 60), 1, 10).Draw(t, "keys")
		data := rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 0, 300), 1, 20).Draw(t, "data")
		of := make([]int, len(data))
		most := kpl.Overhead
		for _, k := range keys {
			most += kpl.KeyOverhead + len(k)
		}
		for i, d := range data {
			of[i] = rapid.IntRange(0, len(keys)-1).Draw(t, "key")
			most += kpl.ItemOverhead + len(d)
		}
		made := write(keys, of, data)
		if len(made) > most {
			t.Fatalf("%d bytes, and the bound is %d", len(made), most)
		}
		m := dynamicpb.NewMessage(desc)
		if err := proto.Unmarshal(made[4:len(made)-16], m); err != nil {
			t.Fatal(err)
		}
		records := m.Get(desc.Fields().ByNumber(3)).List()
		got, err := kpl.Decode(made)
		if err != nil || len(got) != len(data) || records.Len() != len(data) {
			t.Fatalf("%d records by protobuf, %d by us, want %d: %v", records.Len(), len(got), len(data), err)
		}
		for i, d := range data {
			r := records.Get(i).Message()
			fields := r.Descriptor().Fields()
			if r.Get(fields.ByNumber(1)).Uint() != uint64(of[i]) || !bytes.Equal(r.Get(fields.ByNumber(3)).Bytes(), d) {
				t.Fatalf("record %d by protobuf: %v", i, r)
			}
			if got[i].PartitionKey != keys[of[i]] || !bytes.Equal(got[i].Data, d) || got[i].HashKey != "" {
				t.Fatalf("record %d: %+v", i, got[i])
			}
		}
	})
}

// seal puts a message between magic and checksum.
func seal(body []byte) []byte {
	sum := md5.Sum(body)
	return append(append([]byte("\xf3\x89\x9a\xc2"), body...), sum[:]...)
}

// What other writers may do: tables after the records, explicit hash keys, tags.
func TestReadsWhatOthersWrite(t *testing.T) {
	desc := message(t)
	m := dynamicpb.NewMessage(desc)
	text := `partition_key_table: "a" partition_key_table: "b" explicit_hash_key_table: "17"
		records { partition_key_index: 1 data: "x" tags { key: "k" value: "v" } }
		records { partition_key_index: 0 explicit_hash_key_index: 0 data: "" }`
	if err := prototext.Unmarshal([]byte(text), m); err != nil {
		t.Fatal(err)
	}
	body, err := proto.MarshalOptions{Deterministic: true}.Marshal(m) // the order of the fields matters below
	if err != nil {
		t.Fatal(err)
	}
	var late []byte // the first key comes last
	_, _, n := protowire.ConsumeField(body)
	late = append(append(late, body[n:]...), protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), "c")...)
	for want, body := range map[string][]byte{"b||x a|17|": body, "c||x b|17|": late} {
		got, err := kpl.Decode(seal(body))
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, r := range got {
			all = append(all, r.PartitionKey+"|"+r.HashKey+"|"+string(r.Data))
		}
		if s := strings.Join(all, " "); s != want {
			t.Errorf("read %q, want %q", s, want)
		}
	}
}

func TestRefuses(t *testing.T) {
	good := write([]string{"a"}, []int{0}, [][]byte{[]byte("x")})
	flipped := bytes.Clone(good)
	flipped[6] ^= 1
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"short":        {good[:10], "not an aggregated record"},
		"no magic":     {good[1:], "not an aggregated record"},
		"flipped":      {flipped, "wrong checksum"},
		"cut":          {good[:len(good)-1], "wrong checksum"},
		"no such key":  {write([]string{"a"}, []int{1}, [][]byte{[]byte("x")}), "partition key 1 of 1"},
		"no such hash": {seal(unhex("0a0161 1a07 0800 1005 1a0178")), "hash key 5 of 0"},
		"no data":      {seal(unhex("0a0161 1a02 0800")), "no key or no data"},
		"cut field":    {seal(unhex("0a0561")), "unexpected EOF"},
		"cut record":   {seal(unhex("0a0161 1a02 0a09")), "user record 0: "},
	} {
		if _, err := kpl.Decode(c.data); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
}

func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

// Whatever the bytes are, decoding does not panic, and what it finds lies within them.
func FuzzDecode(f *testing.F) {
	f.Add(unhex("0a0161 1a07 0800 1005 1a0178"))
	f.Add(write([]string{"a", "b"}, []int{0, 1}, [][]byte{[]byte("x"), []byte("y")})[4:])
	f.Fuzz(func(t *testing.T, body []byte) {
		sealed := seal(body)
		all, err := kpl.Decode(sealed)
		if err != nil {
			return
		}
		total := 0
		for _, r := range all {
			total += len(r.Data)
		}
		if total > len(body) {
			t.Errorf("%d bytes of data in %d", total, len(body))
		}
	})
}
