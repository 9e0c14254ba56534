package mcp

import (
	"reflect"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSchemasThatCannotBe holds that what has no schema is an error, never an
// empty schema.
func TestSchemasThatCannotBe(t *testing.T) {
	t.Parallel()
	type node struct {
		Next *node `json:"next,omitempty"`
	}
	type inner struct {
		A string `json:"a"`
	}
	for _, tt := range []struct {
		of   reflect.Type
		want string
	}{
		{reflect.TypeFor[node](), "contains itself"},
		{reflect.TypeFor[struct {
			Any any `json:"any"`
		}](), "has no schema"},
		{reflect.TypeFor[struct{ Name string }](), "has no name in JSON"},
		{reflect.TypeFor[struct {
			inner

			A string `json:"a"`
		}](), "two fields"},
		{reflect.TypeFor[struct {
			A string `enum:"no_such_words" json:"a"`
		}](), "no vocabulary"},
		{reflect.TypeFor[struct {
			A int `enum:"phase" json:"a"`
		}](), "cannot be one of"},
		{reflect.TypeFor[struct {
			A bool `json:"a" min:"1"`
		}](), "means nothing"},
		{reflect.TypeFor[struct {
			A int `json:"a" min:"one"`
		}](), "min"},
		{reflect.TypeFor[struct {
			A map[int]string `json:"a"`
		}](), "keys"},
		{reflect.TypeFor[[]string](), "an object"},
		{reflect.TypeFor[map[string]string](), "an object"},
	} {
		_, err := input(tt.of)
		require.ErrorContains(t, err, tt.want, tt.of.String())
	}
	_, err := output(reflect.TypeFor[struct{}]())
	require.Error(t, err)
}

// TestSchemaText holds the JSON of a schema to the byte.
func TestSchemaText(t *testing.T) {
	t.Parallel()
	s, err := input(reflect.TypeFor[struct {
		paging

		Name   string            `doc:"A <name> & more."  json:"name"             min:"1"`
		Level  string            `enum:"risk_level"       json:"level,omitempty"`
		Levels []string          `enum:"risk_level"       json:"levels,omitempty" max:"3"`
		Share  *float64          `json:"share,omitempty"  max:"1"                 min:"0"`
		On     bool              `json:"on,omitempty"`
		Labels map[string]string `json:"labels,omitempty"`
		Parts  []struct {
			N int `json:"n"`
		} `json:"parts,omitempty"`
	}]())
	require.NoError(t, err)
	text, err := encode(s)
	require.NoError(t, err)
	//nolint:testifylint // the order counts, too
	require.Equal(t, `{"type":"object","properties":{`+
		`"limit":{"type":"integer","description":"Most rows, 50 if left out.","minimum":1,"maximum":200},`+
		`"cursor":{"type":"string","description":"next_cursor of the reply before."},`+
		`"name":{"type":"string","description":"A <name> & more.","minLength":1},`+
		`"level":{"type":"string","enum":["low","medium","high"]},`+
		`"levels":{"type":"array","maxItems":3,"items":{"type":"string","enum":["low","medium","high"]}},`+
		`"share":{"type":"number","minimum":0,"maximum":1},`+
		`"on":{"type":"boolean"},`+
		`"labels":{"type":"object","additionalProperties":{"type":"string"}},`+
		`"parts":{"type":"array","items":{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"],"additionalProperties":false}}},`+
		`"required":["name"],"additionalProperties":false}`, string(text))
}

// TestCatalogueRefuses holds that a tool that is declared badly does not go
// unnoticed.
func TestCatalogueRefuses(t *testing.T) {
	t.Parallel()
	good := coreTools()[0]
	bad := func(change func(*Tool)) []Tool {
		other := good
		change(&other)
		return []Tool{good, other}
	}
	for want, tools := range map[string][]Tool{
		"two tools are named": bad(func(*Tool) {}),
		"is not a name":       bad(func(t *Tool) { t.Name = "Bad-Name" }),
		"does not exist":      bad(func(t *Tool) { t.Name, t.Toolset = "other", "nowhere" }),
	} {
		c := &catalogue{tools: tools}
		require.ErrorContains(t, c.index(), want)
	}
}

// TestExamplesAreValid holds that what errors show as valid is.
func TestExamplesAreValid(t *testing.T) {
	t.Parallel()
	c, err := newCatalogue()
	require.NoError(t, err)
	for i := range c.tools {
		_, problem := check(c.tools[i].Input, c.tools[i].Example)
		require.Empty(t, problem, c.tools[i].Name)
	}
}

// TestAdviceNamesTools holds that every tool that a text tells to call exists.
func TestAdviceNamesTools(t *testing.T) {
	t.Parallel()
	c, err := newCatalogue()
	require.NoError(t, err)
	texts := []string{howToWork}
	for _, code := range []string{
		"task_not_ready", "task_not_found", "invalid_id", "gate_not_found", "decision_not_found", "memory_not_found", "question_not_found",
		"blocker_not_found", "deliverable_not_found", "risk_not_found", "proof_grade", "person_required",
	} {
		require.NotEmpty(t, nextCall(code), code)
		texts = append(texts, nextCall(code))
	}
	for i := range c.tools {
		texts = append(texts, c.tools[i].Description)
	}
	name := regexp.MustCompile(`\b(get|list|create|update|add|remove|record|claim|complete|cancel|release|capture|present|submit|verify|` +
		`invalidate|reverse|retract|resolve|escalate|answer|ask|search|enable|export|log)_[a-z_]+\b`)
	for _, text := range texts {
		for _, found := range name.FindAllString(text, -1) {
			require.NotNil(t, c.byName[found], "%s in %q", found, text)
		}
	}
	for command, tool := range map[string]string{
		"layercake task start t-7k3f": "claim_task", "layercake task show t-7k3f": "get_task", "layercake task list --open": "get_tasks",
		"layercake gate present G1": "present_gate", "layercake gate check G1": "get_gate_readiness", "layercake gate show G1": "get_gate",
		"layercake proof capture G5 test_output": "capture_command_output", "layercake deliverable show prd": "update_deliverable",
		"layercake blocker list": "get_active_blockers",
	} {
		call := callFor(command)
		require.NotNil(t, call, command)
		require.Equal(t, tool, call.Tool)
		require.NotNil(t, c.byName[tool])
		for argument := range call.Arguments {
			require.NotNil(t, c.byName[tool].Input.property(argument), "%s: %s", command, argument)
		}
	}
	require.Nil(t, callFor("git status"))
	require.True(t, forPerson("layercake gate approve G1"))
}

// TestClip holds that a text is cut once, however often it is shortened.
func TestClip(t *testing.T) {
	t.Parallel()
	require.Equal(t, "äöü", clip("äöü", 3))
	require.Equal(t, "äö… [1 more characters]", clip("äöü", 2))
	require.Equal(t, "ab… [8 more characters]", clip(clip("abcdefghij", 5), 2))
	require.Equal(t, clip("abcdefghij", 5), clip(clip("abcdefghij", 5), 5))
	require.Equal(t, "one …", line("one\ntwo"))
}
