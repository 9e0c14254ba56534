package cmd

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// encodeJSON writes a value as scripts want it: lists are never null, times
// are RFC 3339 in UTC, and nothing is escaped for HTML. Otherwise it follows
// encoding/json.
func encodeJSON(value any) ([]byte, error) {
	var buf bytes.Buffer
	if err := encodeValue(&buf, reflect.ValueOf(value)); err != nil {
		return nil, err
	}
	return escapeControls(buf.Bytes()), nil
}

func encodeValue(buf *bytes.Buffer, v reflect.Value) error {
	if !v.IsValid() {
		buf.WriteString("null")
		return nil
	}
	if done, err := encodeSpecial(buf, v); done || err != nil {
		return err
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return encodeValue(buf, v.Elem()) // the zero Value when nil
	case reflect.Struct:
		return encodeStruct(buf, v)
	case reflect.Map:
		return encodeMap(buf, v)
	case reflect.Slice, reflect.Array:
		return encodeList(buf, v)
	default:
		return encodePlain(buf, v.Interface())
	}
}

// encodeSpecial handles types that know how to write themselves.
func encodeSpecial(buf *bytes.Buffer, v reflect.Value) (bool, error) {
	if (v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface) && v.IsNil() {
		buf.WriteString("null")
		return true, nil
	}
	switch t := v.Interface().(type) {
	case time.Time:
		if t.IsZero() {
			buf.WriteString("null")
			return true, nil
		}
		return true, encodePlain(buf, t.UTC())
	case json.RawMessage:
		if len(t) == 0 {
			buf.WriteString("null")
			return true, nil
		}
		if err := json.Compact(buf, t); err != nil {
			return true, fmt.Errorf("write JSON: %w", err)
		}
		return true, nil
	case []byte, json.Marshaler, encoding.TextMarshaler:
		return true, encodePlain(buf, t)
	}
	return false, nil
}

func encodePlain(buf *bytes.Buffer, value any) error {
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	buf.Truncate(buf.Len() - 1) // the encoder's line break
	return nil
}

// escapeControls writes as \u00xx the control characters that encoding/json
// leaves as they are, DEL and those from U+0080 to U+009F: a terminal obeys
// them. They stand in strings only, so the document stays the same.
func escapeControls(document []byte) []byte {
	const leads = 0xc2 // the first byte of U+0080 to U+00BF
	if !bytes.ContainsAny(document, "\x7f") && !bytes.Contains(document, []byte{leads}) {
		return document
	}
	out := make([]byte, 0, len(document))
	for i := 0; i < len(document); i++ {
		switch b := document[i]; {
		case b == delete7:
			out = append(out, `\u007f`...)
		case b == leads && i+1 < len(document) && document[i+1] >= firstC1 && document[i+1] <= lastC1:
			i++
			out = fmt.Appendf(out, `\u%04x`, document[i])
		default:
			out = append(out, b)
		}
	}
	return out
}

// jsonField is a field of a struct as it stands in JSON.
type jsonField struct {
	name      string
	index     []int
	omitEmpty bool
}

// jsonFields lists the fields of a struct type, those of embedded structs
// among them.
func jsonFields(t reflect.Type) []jsonField {
	var fields []jsonField
	for _, f := range reflect.VisibleFields(t) {
		tag, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || tag == "-" || (f.Anonymous && tag == "") {
			continue
		}
		if tag == "" {
			tag = f.Name
		}
		fields = append(fields, jsonField{tag, f.Index, strings.Contains(options, "omitempty")})
	}
	return fields
}

func encodeStruct(buf *bytes.Buffer, v reflect.Value) error {
	buf.WriteByte('{')
	first := true
	for _, f := range jsonFields(v.Type()) {
		value, err := v.FieldByIndexErr(f.index)
		if err != nil || (f.omitEmpty && value.IsZero()) {
			continue // a nil embedded struct has no fields
		}
		if !first {
			buf.WriteByte(',')
		}
		first = false
		if err := encodeMember(buf, f.name, value); err != nil {
			return err
		}
	}
	buf.WriteByte('}')
	return nil
}

func encodeMember(buf *bytes.Buffer, name string, value reflect.Value) error {
	if err := encodePlain(buf, name); err != nil {
		return err
	}
	buf.WriteByte(':')
	return encodeValue(buf, value)
}

func encodeMap(buf *bytes.Buffer, v reflect.Value) error {
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int {
		return strings.Compare(fmt.Sprint(a.Interface()), fmt.Sprint(b.Interface()))
	})
	buf.WriteByte('{')
	for i, key := range keys {
		if i > 0 {
			buf.WriteByte(',')
		}
		if err := encodeMember(buf, fmt.Sprint(key.Interface()), v.MapIndex(key)); err != nil {
			return err
		}
	}
	buf.WriteByte('}')
	return nil
}

func encodeList(buf *bytes.Buffer, v reflect.Value) error {
	buf.WriteByte('[')
	for i := range v.Len() {
		if i > 0 {
			buf.WriteByte(',')
		}
		if err := encodeValue(buf, v.Index(i)); err != nil {
			return err
		}
	}
	buf.WriteByte(']')
	return nil
}
