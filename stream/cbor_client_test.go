package stream_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/fxamacker/cbor/v2"

	"github.com/streamgauge/streamgauge/stream"
	"github.com/streamgauge/streamgauge/stream/disk"
	"github.com/streamgauge/streamgauge/stream/streamtest"
)

const (
	cborType        = "application/x-amz-cbor-1.1"
	eventStreamType = "application/vnd.amazon.eventstream"
)

func TestConformanceCBOR(t *testing.T) {
	streamtest.Run(t, func(t *testing.T) streamtest.API {
		return cborClient(t, openBroker(t, stream.Options{Dir: t.TempDir(), FS: disk.OS{}}))
	})
}

// cborClient is the SDK, made to speak CBOR to the broker.
func cborClient(t *testing.T, b *stream.Broker) *kinesis.Client {
	t.Helper()
	server := httptest.NewServer(b)
	t.Cleanup(server.Close)
	return newSDK(server.URL, &http.Client{Transport: transcoder{server.Client().Transport}})
}

// transcoder makes CBOR of the JSON that passes it, as the AWS SDK for Java writes it, and JSON of the CBOR that comes
// back. It tells bytes and times by their names.
type transcoder struct{ next http.RoundTripper }

func (tr transcoder) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	packed, err := toCBOR(body)
	if err != nil {
		return nil, fmt.Errorf("encode CBOR: %w", err)
	}
	out := r.Clone(r.Context())
	out.Header.Set("Content-Type", cborType)
	out.Body, out.ContentLength = io.NopCloser(bytes.NewReader(packed)), int64(len(packed))
	resp, err := tr.next.RoundTrip(out)
	if err != nil {
		return nil, err
	}
	switch resp.Header.Get("Content-Type") {
	case cborType:
		return resp, unpackBody(resp)
	case eventStreamType:
		resp.Body = unpackEvents(resp.Body)
		return resp, nil
	}
	return nil, fmt.Errorf("answered %s in %q", resp.Status, resp.Header.Get("Content-Type"))
}

func unpackBody(resp *http.Response) error {
	body, err := io.ReadAll(resp.Body)
	if err != nil || len(body) == 0 {
		return err
	}
	resp.Body.Close()
	body, err = fromCBOR(body)
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	resp.Header.Set("Content-Length", fmt.Sprint(len(body)))
	return err
}

// unpackEvents does with the payloads of an event stream what unpackBody does.
func unpackEvents(in io.ReadCloser) io.ReadCloser {
	out, pipe := io.Pipe()
	go func() { pipe.CloseWithError(copyEvents(pipe, in)) }()
	return struct {
		io.Reader
		io.Closer
	}{out, closers{in, out}}
}

type closers []io.Closer

func (all closers) Close() error {
	for _, c := range all {
		_ = c.Close()
	}
	return nil
}

func copyEvents(w io.Writer, r io.Reader) error {
	decoder, encoder := eventstream.NewDecoder(), eventstream.NewEncoder()
	for {
		m, err := decoder.Decode(r, nil)
		if err != nil {
			return err
		}
		if got := m.Headers.Get(":content-type").String(); got != cborType {
			return fmt.Errorf("an event in %q", got)
		}
		if m.Payload, err = fromCBOR(m.Payload); err != nil {
			return err
		}
		m.Headers.Set(":content-type", eventstream.StringValue("application/x-amz-json-1.1"))
		if err := encoder.Encode(w, m); err != nil {
			return err
		}
	}
}

func isTime(name string) bool { return strings.HasSuffix(name, "Timestamp") }

func isBytes(name string) bool { return name == "Data" }

// toCBOR writes maps and lists of indefinite length and times under tag 1, as Java does.
func toCBOR(body []byte) ([]byte, error) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var v any
	if err := decoder.Decode(&v); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err := pack(cbor.NewEncoder(&out), "", v)
	return out.Bytes(), err
}

func pack(e *cbor.Encoder, name string, v any) error {
	switch v := v.(type) {
	case map[string]any:
		return packMap(e, v)
	case []any:
		if err := e.StartIndefiniteArray(); err != nil {
			return err
		}
		for _, item := range v {
			if err := pack(e, "", item); err != nil {
				return err
			}
		}
		return e.EndIndefinite()
	case json.Number:
		return packNumber(e, name, v)
	case string:
		if isBytes(name) {
			data, err := base64.StdEncoding.DecodeString(v)
			if err != nil {
				return err
			}
			return e.Encode(data)
		}
	}
	return e.Encode(v)
}

func packMap(e *cbor.Encoder, v map[string]any) error {
	if err := e.StartIndefiniteMap(); err != nil {
		return err
	}
	for name, item := range v {
		if err := e.Encode(name); err != nil {
			return err
		}
		if err := pack(e, name, item); err != nil {
			return err
		}
	}
	return e.EndIndefinite()
}

func packNumber(e *cbor.Encoder, name string, v json.Number) error {
	if isTime(name) {
		seconds, err := v.Float64()
		if err != nil {
			return err
		}
		return e.Encode(cbor.Tag{Number: 1, Content: int64(math.Round(seconds * 1000))})
	}
	n, err := v.Int64()
	if err != nil {
		return err
	}
	return e.Encode(n)
}

func fromCBOR(body []byte) ([]byte, error) {
	var v any
	if err := cbor.Unmarshal(body, &v); err != nil {
		return nil, fmt.Errorf("decode CBOR: %w", err)
	}
	v, err := unpack("", v)
	if err != nil {
		return nil, err
	}
	return json.Marshal(v)
}

// unpack checks that bytes and times, and only they, are written as such.
func unpack(name string, v any) (any, error) {
	var err error
	switch v := v.(type) {
	case map[any]any:
		all := make(map[string]any, len(v))
		for k, item := range v {
			key, ok := k.(string)
			if !ok {
				return nil, fmt.Errorf("a key %v", k)
			}
			if all[key], err = unpack(key, item); err != nil {
				return nil, err
			}
		}
		return all, nil
	case []any:
		all := slices.Clone(v)
		for i := range all {
			if all[i], err = unpack("", all[i]); err != nil {
				return nil, err
			}
		}
		return all, nil
	case []byte:
		if isBytes(name) {
			return v, nil
		}
	case uint64:
		if isTime(name) {
			return float64(v) / 1000, nil
		}
		return v, nil
	case int64, bool:
		return v, nil
	case string:
		if !isBytes(name) {
			return v, nil
		}
	}
	return nil, fmt.Errorf("%s is a %T", name, v)
}

// FuzzCBORBody sends any body to any action. The answer is always CBOR, and never the server's fault.
func FuzzCBORBody(f *testing.F) {
	actions := []string{"AddTagsToStream", "CreateStream", "DeleteStream", "DescribeStream", "GetRecords", "GetShardIterator", "ListShards", "ListStreams",
		"PutRecord", "PutRecords", "PutResourcePolicy", "RegisterStreamConsumer", "TagResource", "UpdateStreamMode"}
	for i, body := range []string{
		`{"StreamName":"s","Tags":{"a":"b"}}`, `{"StreamName":"a","ShardCount":2}`, `{"StreamName":"s"}`, `{"StreamARN":"x"}`, `{"ShardIterator":"AAAA","Limit":3}`,
		`{"StreamName":"s","ShardId":"0","ShardIteratorType":"AT_TIMESTAMP","Timestamp":1.5}`, `{"StreamName":"s","ShardFilter":{"Type":"AT_TIMESTAMP","Timestamp":1}}`,
		`{"NextToken":"x"}`, `{"StreamName":"s","PartitionKey":"k","Data":"AA=="}`, `{"StreamName":"s","Records":[{"Data":"AA==","PartitionKey":"k","ExplicitHashKey":"1"}]}`,
	} {
		packed, err := toCBOR([]byte(body))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(uint8(i), packed)
	}
	f.Fuzz(func(t *testing.T, which uint8, body []byte) {
		r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
		r.Header.Set("Content-Type", cborType)
		r.Header.Set("X-Amz-Target", "Kinesis_20131202."+actions[int(which)%len(actions)])
		w := httptest.NewRecorder()
		fixedBroker(t).ServeHTTP(w, r)
		if got := w.Body.Bytes(); w.Code != 200 && w.Code != 400 || len(got) > 0 && cbor.Wellformed(got) != nil {
			t.Fatalf("%d %x", w.Code, got)
		}
	})
}
