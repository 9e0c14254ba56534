package main

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/layercake-dev/layercake/core/event"
)

// schemaOf returns the JSON Schema of a type's payloads in their newest version,
// with what the source says of each field.
func schemaOf(s *event.Spec, said comments) (*jsonschema.Schema, error) {
	t := reflect.TypeOf(s.New()).Elem()
	schema, err := jsonschema.ForType(t, &jsonschema.ForOptions{
		TypeSchemas: map[reflect.Type]*jsonschema.Schema{reflect.TypeFor[json.RawMessage](): {}},
	})
	if err != nil {
		return nil, fmt.Errorf("the schema of %s: %w", s.Type, err)
	}
	describe(schema, t, said)
	return schema, nil
}

// describe writes what is said of a struct's fields into its schema.
func describe(schema *jsonschema.Schema, t reflect.Type, said comments) {
	for _, field := range reflect.VisibleFields(t) {
		if field.Anonymous {
			continue
		}
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		p := schema.Properties[name]
		if options == "omitempty" && len(p.Types) > 1 {
			// Nothing is left out, and never null.
			p.Types = slices.DeleteFunc(p.Types, func(s string) bool { return s == "null" })
			p.Type, p.Types = p.Types[0], nil
		}
		p.Description = said[owner(t, field)+"."+field.Name]
		inner, of := p, field.Type
		for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice {
			if of.Kind() == reflect.Slice && inner.Items != nil {
				inner = inner.Items
			}
			of = of.Elem()
		}
		if of.Kind() == reflect.Struct && len(inner.Properties) > 0 {
			describe(inner, of, said)
		}
	}
}

// owner is the type in whose source a field stands.
func owner(t reflect.Type, field reflect.StructField) string {
	for _, i := range field.Index[:len(field.Index)-1] {
		t = t.Field(i).Type
	}
	return t.Name()
}
