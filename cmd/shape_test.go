package cmd

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// shape is how a Go type looks in JSON.
type shape struct {
	// kind is one of: string, number, boolean, time, any, object, list, map.
	kind   string
	fields []shapeField
	// of is what lists and maps hold.
	of *shape
}

type shapeField struct {
	name     string
	optional bool
	shape    *shape
}

func shapeOf(t reflect.Type) *shape { return shapeWithin(t, nil) }

func shapeWithin(t reflect.Type, above []reflect.Type) *shape {
	switch {
	case t.Kind() == reflect.Pointer:
		return shapeWithin(t.Elem(), above)
	case t == reflect.TypeFor[time.Time]():
		return &shape{kind: "time"}
	case t == reflect.TypeFor[json.RawMessage](), slices.Contains(above, t), t.Kind() == reflect.Interface:
		return &shape{kind: "any"}
	case t.Implements(reflect.TypeFor[encoding.TextMarshaler]()):
		return &shape{kind: "string"}
	}
	switch t.Kind() {
	case reflect.Struct:
		s := &shape{kind: "object"}
		for _, f := range jsonFields(t) {
			s.fields = append(s.fields, shapeField{f.name, f.omitEmpty, shapeWithin(t.FieldByIndex(f.index).Type, append(above, t))})
		}
		return s
	case reflect.Slice, reflect.Array:
		return &shape{kind: "list", of: shapeWithin(t.Elem(), above)}
	case reflect.Map:
		return &shape{kind: "map", of: shapeWithin(t.Elem(), above)}
	case reflect.String:
		return &shape{kind: "string"}
	case reflect.Bool:
		return &shape{kind: "boolean"}
	default:
		return &shape{kind: "number"}
	}
}

// describe names a shape in a word.
func (s *shape) describe() string {
	if s.of != nil {
		return s.kind + " of " + s.of.describe()
	}
	return s.kind
}

func writeShape(to *bytes.Buffer, indent string, s *shape) {
	for s.of != nil {
		s = s.of
	}
	for _, f := range s.fields {
		note := ""
		if f.optional {
			note = ", can be left out"
		}
		fmt.Fprintf(to, "%s%s: %s%s\n", indent, f.name, f.shape.describe(), note)
		writeShape(to, indent+"  ", f.shape)
	}
}

// conforms checks a value against the shape that its type promises: every field
// is there, none is there besides, and no list is null.
func conforms(t *testing.T, s *shape, value any, at string) {
	t.Helper()
	switch s.kind {
	case "any":
	case "object":
		record, ok := value.(map[string]any)
		if value == nil {
			return // a record that is not there
		}
		require.True(t, ok, at)
		known := map[string]bool{}
		for _, f := range s.fields {
			known[f.name] = true
			v, there := record[f.name]
			require.True(t, there || f.optional, "%s: %s is missing", at, f.name)
			if there {
				conforms(t, f.shape, v, at+"."+f.name)
			}
		}
		for name := range record {
			require.True(t, known[name], "%s: %s is not listed", at, name)
		}
	case "list":
		list, ok := value.([]any)
		require.True(t, ok, "%s is %v, not a list", at, value)
		for _, v := range list {
			conforms(t, s.of, v, at+"[]")
		}
	case "map":
		members, ok := value.(map[string]any)
		require.True(t, ok, "%s is %v, not an object", at, value)
		for _, v := range members {
			conforms(t, s.of, v, at+".*")
		}
	case "time":
		if value == nil {
			return
		}
		when, err := time.Parse(time.RFC3339Nano, fmt.Sprint(value))
		require.NoError(t, err, at)
		require.True(t, strings.HasSuffix(fmt.Sprint(value), "Z"), "%s is not in UTC: %v", at, when)
	case "string":
		if value != nil {
			require.IsType(t, "", value, at)
		}
	case "number":
		if value != nil {
			require.IsType(t, json.Number(""), value, at)
		}
	case "boolean":
		if value != nil {
			require.IsType(t, true, value, at)
		}
	}
}
