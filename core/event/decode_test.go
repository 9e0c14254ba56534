package event_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/event"
)

// TestDecodesLikeEncodingJSON holds that logs are read as encoding/json, which
// wrote them, reads them: every type with all fields set, and what a careful
// writer would not write.
func TestDecodesLikeEncodingJSON(t *testing.T) {
	t.Parallel()
	for _, spec := range event.Catalogue() {
		full := spec.New()
		set(t, reflect.ValueOf(full).Elem())
		raw, err := event.Encode(full)
		require.NoError(t, err)
		texts := []string{
			string(raw), `{}`, `null`, `{"id":"a","id":"b"}`, `{"ID":"upper","Title":"case"}`, `{"unknown":{"x":[1,2]},"id":"x"}`,
			`{"id":"\ud800 half a pair","title":"\u0000\u2028 \\ \" é 🍰"}`, ` { "id" : null , "depends_on" : null , "depends_on" : [ ] } `,
		}
		for _, text := range texts {
			want := spec.New()
			wantErr := json.Unmarshal([]byte(text), want)
			got, err := event.Decode(spec.Type, spec.Version, json.RawMessage(text))
			if wantErr != nil {
				require.Error(t, err, "%s %s", spec.Type, text)
				continue
			}
			require.NoError(t, err, "%s %s", spec.Type, text)
			require.Equal(t, want, got, "%s %s", spec.Type, text)
		}
		for _, text := range []string{``, `{`, `[]`, `"x"`, `{"id":"x"} {}`, "{\"id\":\"a\nb\"}"} {
			require.Error(t, json.Unmarshal([]byte(text), spec.New()), text)
			_, err := event.Decode(spec.Type, spec.Version, json.RawMessage(text))
			require.Error(t, err, "%s %s", spec.Type, text)
		}
	}
}

// set gives every field a value that is not its zero.
func set(t *testing.T, v reflect.Value) {
	t.Helper()
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.Date(2026, 5, 1, 10, 0, 0, 123456000, time.UTC)))
		return
	case json.RawMessage:
		v.SetBytes([]byte(`{"a":[1e3,"x"]}`))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("text \" \\ <&> \u2028 🍰")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(1<<31 - 1)
	case reflect.Float64:
		v.SetFloat(0.25)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		set(t, v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			set(t, v.Index(i))
		}
	case reflect.Map:
		element := reflect.New(v.Type().Elem()).Elem()
		set(t, element)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("key").Convert(v.Type().Key()), element)
	case reflect.Struct:
		for _, field := range v.Fields() {
			set(t, field)
		}
	default:
		t.Fatalf("a payload has a field of kind %s, which this test does not know", v.Kind())
	}
}
