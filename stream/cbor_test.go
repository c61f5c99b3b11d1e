package stream

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/smithy-go"
	"github.com/fxamacker/cbor/v2"
)

// packed reads CBOR as people write it: hexadecimal digits, and texts of up to 23 letters in quotes.
func packed(t *testing.T, text string) []byte {
	t.Helper()
	var all []byte
	for i, part := range strings.Split(text, `"`) {
		if i%2 == 1 {
			all = append(append(all, 0x60|byte(len(part))), part...)
			continue
		}
		raw, err := hex.DecodeString(strings.ReplaceAll(part, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, raw...)
	}
	return all
}

func TestCBORTimes(t *testing.T) {
	for text, want := range map[string]int64{
		"1b 0000018bcfe568f8":    1_700_000_000_248, // Unix milliseconds
		"c1 1b 0000018bcfe568f8": 1_700_000_000_248, // under tag 1, as Java writes it
		"c1 c1 18 ff":            255,
		"38 63":                  -100,
		"fb 4278bcfe568f8000":    1_700_000_000_248,
		"fa 44fa2000":            2001,
		"f9 3e00":                2, // 1.5
		"f9 0001":                0, // the smallest
		"f9 7bff":                65_504,
		"f9 fbff":                -65_504,
	} {
		in := new(kinesis.GetShardIteratorInput)
		if err := decodeCBOR(packed(t, `a1 "Timestamp" `+text), in); err != nil {
			t.Errorf("%s: %v", text, err)
		} else if got := in.Timestamp.UnixMilli(); got != want || in.Timestamp.Location() != time.UTC {
			t.Errorf("%s: %d, want %d", text, got, want)
		}
	}
}

func TestCBORForms(t *testing.T) {
	for name, text := range map[string]string{
		"definite":                 `a3 "StreamName" "s" "PartitionKey" "key" "Data" 43 000102`,
		"indefinite":               `bf "StreamName" "s" "PartitionKey" "key" "Data" 43 000102 ff`,
		"in pieces":                `bf 7f "Stream" "Name" ff "s" "PartitionKey" 7f "k" 60 "ey" ff "Data" 5f 41 00 40 42 0102 ff ff`,
		"tagged":                   `d9d9f7 a3 "StreamName" c0 "s" "PartitionKey" "key" "Data" d6 43 000102`,
		"long heads":               `bb 0000000000000003 "StreamName" 7b 0000000000000001 73 "PartitionKey" 79 0003 6b6579 "Data" 5a 00000003 000102`,
		"duplicates":               `a5 "StreamName" "x" "Data" 40 "StreamName" "s" "PartitionKey" "key" "Data" 43 000102`,
		"unknown names":            `a5 "X" a1 "y" 9f 01 20 40 f93c00 f4 a0 ff "StreamName" "s" "Y" f6 "PartitionKey" "key" "Data" 43 000102`,
		"null for what is absent":  `a5 "StreamARN" f6 "StreamName" "s" "ExplicitHashKey" f7 "PartitionKey" "key" "Data" 43 000102`,
		"a value, then null again": `a5 "StreamARN" "x" "StreamARN" f6 "StreamName" "s" "PartitionKey" "key" "Data" 43 000102`,
	} {
		in := new(kinesis.PutRecordInput)
		if err := decodeCBOR(packed(t, text), in); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if *in.StreamName != "s" || *in.PartitionKey != "key" || !bytes.Equal(in.Data, []byte{0, 1, 2}) || in.StreamARN != nil || in.ExplicitHashKey != nil {
			t.Errorf("%s: %q %q %x", name, *in.StreamName, *in.PartitionKey, in.Data)
		}
	}
}

func TestCBORRefused(t *testing.T) {
	deep := strings.Repeat("81", 100)
	for text, want := range map[string]string{
		``:                                    "",
		`80`:                                  "",
		`f6`:                                  "",
		`a0 00`:                               "", // something follows
		`a1 "StreamName"`:                     "",
		`a1 "StreamName" 62 73`:               "",
		`a1 01 02`:                            "", // a key that is no text
		`a1 "StreamName" 61 ff`:               "", // not UTF-8
		`a1 "StreamName" 7b ffffffffffffffff`: "",
		`bb ffffffffffffffff`:                 "",
		`bf "StreamName" "s"`:                 "",
		`bf "StreamName" 7f 41 73 ff ff`:      "", // bytes in a text
		`bf "StreamName" 7f 7f "s" ff ff ff`:  "",
		`a1 "X" ` + deep + `00`:               "",
		`a1 "X" ff`:                           "",
		`a1 "X" 1c`:                           "",
		`a1 "X" 1f`:                           "",
		`a1 "X" f8 10`:                        "",
		`a1 "StreamName" 05`:                  "NUMBER_VALUE can not be converted to a String",
		`a1 "StreamName" 80`:                  "Start of list found where not expected",
		`a1 "StreamName" a0`:                  "Start of structure or map found where not expected.",
		`a1 "Data" "AAEC"`:                    "STRING_VALUE can not be converted to a Blob",
		`a1 "PartitionKey" 41 6b`:             "EMBEDDED_OBJECT_VALUE can not be converted to a String",
		`a1 "DryRun" 01`:                      "NUMBER_VALUE can not be converted to a Boolean",
	} {
		err := decodeCBOR(packed(t, text), new(kinesis.PutRecordInput))
		var api smithy.APIError
		if !errors.As(err, &api) || api.ErrorCode() != serializationCode || api.ErrorMessage() != want {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	for text, want := range map[string]string{
		`a1 "Limit" "5"`:                 "STRING_VALUE can not be converted to an Integer",
		`a1 "Limit" fb 4014000000000000`: "NUMBER_VALUE can not be converted to an Integer",
		`a1 "Limit" 1a 80000000`:         "NUMBER_VALUE can not be converted to an Integer",
	} {
		if err := decodeCBOR(packed(t, text), new(kinesis.GetRecordsInput)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	for _, text := range []string{`a1 "Timestamp" fb 7ff8000000000000`, `a1 "Timestamp" fb 7ff0000000000000`, `a1 "Timestamp" 3b ffffffffffffffff`, `a1 "Timestamp" "now"`} {
		err := decodeCBOR(packed(t, text), new(kinesis.GetShardIteratorInput))
		if err == nil || !strings.Contains(err.Error(), "a Timestamp") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestCBORNesting: the bound is on what is read into fields as on what is skipped.
func TestCBORNesting(t *testing.T) {
	for depth, ok := range map[int]bool{maxCBORDepth: true, maxCBORDepth + 1: false} {
		r := &cborReader{buf: packed(t, strings.Repeat("81", depth)+"00")}
		if err := r.skipNext(0); (err == nil) != ok {
			t.Errorf("%d deep: %v", depth, err)
		}
	}
}

// TestCBORWriter holds numbers of every length against a library.
func TestCBORWriter(t *testing.T) {
	for _, n := range []int64{0, 1, 23, 24, 255, 256, 65_535, 65_536, math.MaxUint32, math.MaxUint32 + 1, math.MaxInt64, -1, -24, -25, -256, -257, math.MinInt64} {
		var w cborWriter
		w.WriteInt64(nil, n)
		if want, err := cbor.Marshal(n); err != nil || !bytes.Equal(w.buf, want) {
			t.Errorf("%d: %x, want %x", n, w.buf, want)
		}
	}
	var w cborWriter
	w.WriteFloat64(nil, 1.25)
	w.WriteBool(nil, true)
	w.WriteBool(nil, false)
	w.WriteNil(nil)
	if got := hex.EncodeToString(w.buf); got != "fb3ff4000000000000f5f4f6" {
		t.Error(got)
	}
}

// FuzzCBORReader: what the reader takes for CBOR is CBOR for a library too, and its length is the same.
func FuzzCBORReader(f *testing.F) {
	for _, text := range []string{"00", "a0", "bfff", "9f01ff", "5f4101ff", "7f6161ff", "c11a00000001", "f93c00", "fb3ff4000000000000", "f820", "a161616162", "826161a16162f6"} {
		raw, err := hex.DecodeString(text)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	mode, err := cbor.DecOptions{MaxNestedLevels: 65_535}.DecMode() // tags count as levels
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r := &cborReader{buf: data}
		if r.skipNext(0) != nil || len(data) > 65_000 {
			return
		}
		if err := mode.Wellformed(data[:r.pos]); err != nil {
			t.Fatalf("%x: %v", data[:r.pos], err)
		}
	})
}

// FuzzCBORInput: an input of any bytes is refused with a SerializationException, or is what a library reads.
func FuzzCBORInput(f *testing.F) {
	f.Add([]byte("\xa1\x67Records\x81\xa2\x64Data\x41x\x6cPartitionKey\x61k"))
	f.Add([]byte("\xbf\x6aStreamName\x61s\x67Records\x9f\xbf\x6fExplicitHashKey\x611\xff\xff\xff"))
	mode, err := cbor.DecOptions{DupMapKey: cbor.DupMapKeyEnforcedAPF, FieldNameMatching: cbor.FieldNameMatchingCaseSensitive}.DecMode()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got := new(kinesis.PutRecordsInput)
		if err := decodeCBOR(data, got); err != nil {
			var api smithy.APIError
			if !errors.As(err, &api) || api.ErrorCode() != serializationCode {
				t.Fatal(err)
			}
			return
		}
		type entry struct {
			Data                          []byte
			ExplicitHashKey, PartitionKey *string
		}
		var want struct {
			StreamName, StreamARN *string
			Records               []entry
		}
		if mode.Unmarshal(data, &want) != nil {
			return // names that come twice, and tags that the library checks
		}
		if len(want.Records) != len(got.Records) {
			t.Fatalf("%d records, want %d", len(got.Records), len(want.Records))
		}
		for i, r := range got.Records {
			if w := want.Records[i]; !bytes.Equal(r.Data, w.Data) || (r.PartitionKey == nil) != (w.PartitionKey == nil) {
				t.Fatalf("record %d: %v, want %v", i, r, w)
			}
		}
	})
}
