package db

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/db/dbsqlc"
)

// guards are the triggers that keep the log from being changed, as Postgres writes
// them, by table and name. A migration that changes one changes it here as well:
// a new database is compared with this in a test.
func guards() map[string]string {
	all := map[string]string{}
	for _, g := range []struct{ table, name, when, each, function string }{
		{"event_payloads", "event_payloads_append_only", "BEFORE DELETE", "ROW", "refuse_change()"},
		{"event_payloads", "event_payloads_no_truncate", "BEFORE TRUNCATE", "STATEMENT", "refuse_change()"},
		{"event_payloads", "event_payloads_redacted_only", "BEFORE UPDATE", "ROW", "refuse_silent_change()"},
		{"events", "events_append_only", "BEFORE DELETE OR UPDATE", "ROW", "refuse_change()"},
		{"events", "events_no_truncate", "BEFORE TRUNCATE", "STATEMENT", "refuse_change()"},
		{"streams", "streams_no_truncate", "BEFORE TRUNCATE", "STATEMENT", "refuse_change()"},
		{
			"streams", "streams_only_grow", "BEFORE UPDATE",
			"ROW WHEN (((new.version <= old.version) OR (new.project_id <> old.project_id) OR (new.recorded_at < old.recorded_at)))",
			"refuse_shrinking()",
		},
		{"streams", "streams_stay", "BEFORE DELETE", "ROW", "refuse_shrinking()"},
	} {
		all[g.table+"."+g.name] = fmt.Sprintf("CREATE TRIGGER %s %s ON %s FOR EACH %s EXECUTE FUNCTION %s", g.name, g.when, g.table, g.each, g.function)
	}
	return all
}

// guardFunctions are the SHA-256 of the bodies of the functions behind the guards.
func guardFunctions() map[string]string {
	return map[string]string{
		"refuse_change":        "a4cb302e4ff0505a7a7785febfce259f44961c86c8b9617d0edfe1a38643cccc",
		"refuse_shrinking":     "d585dc40883e3d134a9a540164ec2896dfdd040c1897efb556221e4cb23bf7bd",
		"refuse_silent_change": "c36a983f99a85812c2380394bc283cd08c266c3d219f678c5024f0ee1e09e76b",
	}
}

// enabledAlways is how Postgres notes a trigger that fires in every mode.
const enabledAlways = "A"

// Guards compares the triggers that guard the log with what they should be.
func (d *DB) Guards(ctx context.Context) ([]core.Guard, error) {
	ctx, cancel := within(ctx, readLimit)
	defer cancel()
	return readGuards(ctx, dbsqlc.New(d.pool))
}

func readGuards(ctx context.Context, q *dbsqlc.Queries) ([]core.Guard, error) {
	found, err := q.ListGuards(ctx)
	if err != nil {
		return nil, translate(fmt.Errorf("look at the log's triggers: %w", err))
	}
	functions, err := q.ListGuardFunctions(ctx)
	if err != nil {
		return nil, translate(fmt.Errorf("look at the log's triggers: %w", err))
	}
	return append(wrongTriggers(found), wrongFunctions(functions)...), nil
}

func wrongTriggers(found []dbsqlc.ListGuardsRow) []core.Guard {
	var wrong []core.Guard
	missing := guards()
	for _, g := range found {
		key := g.Relation + "." + g.Name
		want, known := missing[key]
		delete(missing, key)
		switch {
		case !known:
			wrong = append(wrong, core.Guard{
				Problem: fmt.Sprintf("there is a trigger %s on %s that is not LayerCake's", g.Name, g.Relation),
				Repair:  fmt.Sprintf("DROP TRIGGER %s ON %s", g.Name, Schema+"."+g.Relation),
			})
		case strings.ReplaceAll(g.Definition, Schema+".", "") != want:
			wrong = append(wrong, core.Guard{
				Problem: fmt.Sprintf("the trigger %s that guards %s was changed", g.Name, g.Relation),
				Repair:  remake(g.Relation, g.Name, want),
			})
		case g.Enabled != enabledAlways:
			wrong = append(wrong, core.Guard{
				Problem: fmt.Sprintf("the trigger %s that guards %s is switched off", g.Name, g.Relation),
				Repair:  switchOn(g.Relation, g.Name),
			})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(missing)) {
		table, name, _ := strings.Cut(key, ".")
		wrong = append(wrong, core.Guard{
			Problem: fmt.Sprintf("the trigger %s that guards %s is gone", name, table), Repair: remake(table, name, missing[key]),
		})
	}
	return wrong
}

// remake is the SQL that makes a trigger as it should be.
func remake(table, name, definition string) string {
	sql := strings.NewReplacer("CREATE TRIGGER", "CREATE OR REPLACE TRIGGER", " ON ", " ON "+Schema+".", "FUNCTION ", "FUNCTION "+Schema+".").Replace(definition)
	return sql + "; " + switchOn(table, name)
}

func switchOn(table, name string) string {
	return fmt.Sprintf("ALTER TABLE %s.%s ENABLE ALWAYS TRIGGER %s", Schema, table, name)
}

func wrongFunctions(found []dbsqlc.ListGuardFunctionsRow) []core.Guard {
	var wrong []core.Guard
	missing := guardFunctions()
	for _, f := range found {
		if want, known := missing[f.Name]; known && f.Sum != want {
			wrong = append(wrong, core.Guard{Problem: fmt.Sprintf("the function %s that guards the log was changed", f.Name)})
		}
		delete(missing, f.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(missing)) {
		wrong = append(wrong, core.Guard{Problem: fmt.Sprintf("the function %s that guards the log is gone", name)})
	}
	return wrong
}
