package mapping

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// filters are the compiled filters of a mapping. A record passes if one of them matches it, or if there are none.
//
// The language is that of Lambda's event filtering, as far as the Developer Guide documents it for Kinesis: a pattern is an object with
// the fields of the record (data, partitionKey, sequenceNumber, kinesisSchemaVersion, approximateArrivalTimestamp); data is the record's
// bytes as JSON, and where they are no JSON, a filter that names data does not match.
type filters []filter

type filter struct {
	pattern  object
	readData bool // the pattern names data
}

const dataField = "data"

// compileFilters reads filters, or says what is wrong with the first bad one.
func compileFilters(texts []string) (filters, error) {
	if len(texts) > MaxFilters {
		return nil, fmt.Errorf("%d are more than %d", len(texts), MaxFilters)
	}
	var all filters
	for i, text := range texts {
		f, err := compileFilter(text)
		if err != nil {
			return nil, fmt.Errorf("filter %d: %w", i+1, err)
		}
		all = append(all, f)
	}
	return all, nil
}

func compileFilter(text string) (filter, error) {
	if len(text) > MaxPattern {
		return filter{}, fmt.Errorf("%d bytes are more than %d", len(text), MaxPattern)
	}
	v, err := decodeJSON([]byte(text))
	if err != nil {
		return filter{}, fmt.Errorf("no JSON: %w", err)
	}
	fields, ok := v.(map[string]any)
	if !ok {
		return filter{}, errors.New("it is no JSON object")
	}
	pattern, err := compileObject("", fields)
	if err != nil {
		return filter{}, err
	}
	if data, named := pattern.fields[dataField]; named {
		if _, isObject := data.(object); !isObject {
			return filter{}, errors.New(`"data" must be an object: the pattern of the record's JSON`)
		}
	}
	return filter{pattern: pattern, readData: pattern.names(dataField)}, nil
}

// names reports whether a field of that name stands at the top of the pattern, or of one of its alternatives.
func (o object) names(field string) bool {
	if _, ok := o.fields[field]; ok {
		return true
	}
	for _, alternative := range o.or {
		if alternative.names(field) {
			return true
		}
	}
	return false
}

// keep returns the records that pass.
func (f filters) keep(records []types.Record) []types.Record {
	if len(f) == 0 {
		return records
	}
	kept := make([]types.Record, 0, len(records))
	for i := range records {
		if f.pass(&records[i]) {
			kept = append(kept, records[i])
		}
	}
	return kept
}

func (f filters) pass(r *types.Record) bool {
	fields := map[string]any{
		"kinesisSchemaVersion": "1.0",
		"partitionKey":         aws.ToString(r.PartitionKey),
		"sequenceNumber":       aws.ToString(r.SequenceNumber),
	}
	if at := r.ApproximateArrivalTimestamp; at != nil {
		fields["approximateArrivalTimestamp"] = json.Number(fmt.Sprintf("%.3f", float64(at.UnixMilli())/1000))
	}
	data, err := decodeJSON(r.Data)
	if err == nil {
		fields[dataField] = data
	}
	for i := range f {
		if (err == nil || !f[i].readData) && f[i].pattern.match(fields, true) {
			return true
		}
	}
	return false
}

// decodeJSON reads one JSON value. Its numbers stay as they are written.
func decodeJSON(b []byte) (v any, err error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more behind the value")
	}
	return v, nil
}
