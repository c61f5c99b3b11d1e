package stream

import (
	"math"
	"reflect"
	"sync"
	"time"
)

// decodeCBOR reads a request body into an SDK input. Fields have the names of the wire. Clients write maps and lists of
// indefinite length, long strings in pieces, and times as milliseconds under tag 1, whose meaning they ignore.
func decodeCBOR(body []byte, in any) error {
	r := &cborReader{buf: body}
	h, err := r.head()
	if err != nil || h.major != cborMap {
		return serializationError("")
	}
	if err = r.structure(h, reflect.ValueOf(in).Elem(), 0); err == nil && r.pos != len(body) {
		err = errCBOR
	}
	if err == errCBOR { //nolint:errorlint // never wrapped
		return serializationError("")
	}
	return err
}

// value reads the next item into v. What is null leaves v empty.
func (r *cborReader) value(v reflect.Value, depth int) error {
	if depth > maxCBORDepth {
		return errCBOR
	}
	h, err := r.head()
	if err != nil {
		return err
	}
	if h.null() {
		v.SetZero()
		return nil
	}
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	if done, err := r.scalar(h, v); done || err != nil {
		return err
	}
	switch {
	case h.major == cborMap && v.Kind() == reflect.Struct && v.Type() != timeType:
		return r.structure(h, v, depth)
	case h.major == cborMap && v.Kind() == reflect.Map:
		return r.dictionary(h, v, depth)
	case h.major == cborList && v.Kind() == reflect.Slice && v.Type().Elem().Kind() != reflect.Uint8:
		return r.list(h, v, depth)
	}
	return wrongItem(h, v.Type())
}

// scalar reads an item that holds no others, if it fits v.
func (r *cborReader) scalar(h cborHead, v reflect.Value) (bool, error) {
	switch {
	case h.major == cborText && v.Kind() == reflect.String:
		text, err := r.content(h)
		v.SetString(string(text))
		return true, err
	case h.major == cborBytes && v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8:
		data, err := r.content(h)
		v.SetBytes(data)
		return true, err
	case v.Kind() == reflect.Bool && h.major == cborSimple && (h.info == cborFalse || h.info == cborTrue):
		v.SetBool(h.info == cborTrue)
		return true, nil
	case v.CanInt():
		n, ok := h.integer()
		if !ok || v.OverflowInt(n) {
			return false, nil
		}
		v.SetInt(n)
		return true, nil
	case v.Type() == timeType:
		t, ok := h.time()
		v.Set(reflect.ValueOf(t))
		return ok, nil
	}
	return false, nil
}

var timeType = reflect.TypeFor[time.Time]()

// time is a number of milliseconds since 1970.
func (h cborHead) time() (time.Time, bool) {
	if ms, ok := h.integer(); ok {
		return time.UnixMilli(ms).UTC(), true
	}
	ms, ok := h.float()
	if !ok || math.IsNaN(ms) || math.Abs(ms) >= 1<<63 {
		return time.Time{}, false
	}
	return time.UnixMilli(int64(math.Round(ms))).UTC(), true
}

// structure reads a map into a struct. Names that the struct does not have are skipped; of a name that comes twice the
// last one counts.
func (r *cborReader) structure(h cborHead, v reflect.Value, depth int) error {
	fields := fieldsOf(v.Type())
	return r.each(h, func() error {
		name, err := r.text()
		if err != nil {
			return err
		}
		i, ok := fields[string(name)]
		if !ok {
			return r.skipNext(depth + 1)
		}
		return r.value(v.Field(i), depth+1)
	})
}

func (r *cborReader) dictionary(h cborHead, v reflect.Value, depth int) error {
	v.Set(reflect.MakeMap(v.Type()))
	return r.each(h, func() error {
		name, err := r.text()
		if err != nil {
			return err
		}
		item := reflect.New(v.Type().Elem()).Elem()
		if err := r.value(item, depth+1); err != nil {
			return err
		}
		v.SetMapIndex(reflect.ValueOf(string(name)).Convert(v.Type().Key()), item)
		return nil
	})
}

func (r *cborReader) list(h cborHead, v reflect.Value, depth int) error {
	v.Set(reflect.MakeSlice(v.Type(), 0, int(min(h.arg, maxPutRecords)))) // no more until it is seen to be there
	return r.each(h, func() error {
		n := v.Len()
		if n == v.Cap() {
			v.Grow(1)
		}
		v.SetLen(n + 1)
		return r.value(v.Index(n), depth+1)
	})
}

var fieldCache sync.Map // reflect.Type → map[string]int

// fieldsOf tells where the members of an SDK struct are.
func fieldsOf(t reflect.Type) map[string]int {
	if cached, ok := fieldCache.Load(t); ok {
		return cached.(map[string]int)
	}
	fields := make(map[string]int, t.NumField())
	for i := range t.NumField() {
		if f := t.Field(i); f.IsExported() && f.Name != "ResultMetadata" {
			fields[f.Name] = i
		}
	}
	fieldCache.Store(t, fields)
	return fields
}

// wrongItem says that an item stands where a Go type is, as wrongType does for JSON.
func wrongItem(h cborHead, want reflect.Type) error {
	kind := "number"
	switch {
	case h.major == cborBytes:
		kind = "embedded_object" // as the server's parser calls bytes
	case h.major == cborText:
		kind = "string"
	case h.major == cborList:
		kind = "array"
	case h.major == cborMap:
		kind = "object"
	case h.major == cborSimple && (h.info == cborFalse || h.info == cborTrue):
		kind = "bool"
	}
	if want == timeType {
		want = reflect.TypeFor[epoch]()
	}
	return serializationError(wrongType(kind, want))
}
