package db_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/db"
)

// asked is what one of several agents did with a task: "claim", "release", "done" or
// "read".
type asked struct {
	task, what, by string
}

// told is what came of it: whether it was done, or what was read.
type told struct {
	ok, over bool
	holder   string
}

// held is the state of one task.
type held struct {
	holder string
	over   bool
}

// taskModel says what may come of claims, releases and completions by agents, if
// they came one after the other.
func taskModel() porcupine.Model {
	return porcupine.Model{
		Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
			byTask := map[string][]porcupine.Operation{}
			for _, op := range history {
				task := op.Input.(asked).task
				byTask[task] = append(byTask[task], op)
			}
			var parts [][]porcupine.Operation
			for _, part := range byTask {
				parts = append(parts, part)
			}
			return parts
		},
		Init: func() any { return held{} },
		Step: func(state, input, output any) (bool, any) {
			s, in, out := state.(held), input.(asked), output.(told)
			return s.step(in, out)
		},
	}
}

func (s held) step(in asked, out told) (bool, held) {
	free := !s.over && (s.holder == "" || s.holder == in.by)
	switch in.what {
	case "read":
		return out.over == s.over && (s.over || out.holder == s.holder), s
	case "claim":
		if free {
			return out.ok, held{holder: in.by}
		}
	case "release":
		if free && s.holder != "" {
			return out.ok, held{}
		}
	case "done":
		if free {
			return out.ok, held{over: true}
		}
	}
	return !out.ok, s
}

// TestTasksAreLinearizable holds that what eight agents see of tasks that they claim,
// release and complete at once could have come one after the other, through
// connections of their own.
func TestTasksAreLinearizable(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.project(t, "Contended")
	const agents, each, tasks = 8, 60, 4
	ids := make([]string, tasks)
	for i := range ids {
		task, err := b.app.Tasks.Add(t.Context(), b.ada, id, core.NewTask{Title: fmt.Sprint(i)})
		require.NoError(t, err)
		ids[i] = task.ID
	}
	var mu sync.Mutex
	var history []porcupine.Operation
	began := time.Now()
	var wg sync.WaitGroup
	for n := range agents {
		own, err := db.Open(t.Context(), b.url, db.Options{MaxConns: 1})
		require.NoError(t, err)
		t.Cleanup(own.Close)
		app := core.New(core.Config{Store: own})
		by := core.Caller{Actor: project.Actor{Kind: project.ActorAgent, Name: fmt.Sprintf("robot/%d", n)}}
		wg.Go(func() {
			for range each {
				in := asked{task: ids[rand.N(tasks)], what: []string{"claim", "release", "claim", "release", "read", "read"}[rand.N(6)], by: by.Actor.String()}
				if rand.N(60) == 0 {
					in.what = "done"
				}
				call := time.Since(began)
				out, err := act(t, app, by, id, in)
				if err != nil {
					t.Errorf("%s: %v", in.what, err)
					return
				}
				mu.Lock()
				history = append(history, porcupine.Operation{ClientId: n, Input: in, Call: int64(call), Output: out, Return: int64(time.Since(began))})
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	require.Len(t, history, agents*each)
	require.Equal(t, porcupine.Ok, porcupine.CheckOperationsTimeout(taskModel(), history, time.Minute))
	b.sound(t, id)

	// The check can tell: nobody holds a task who never claimed one.
	end := int64(time.Since(began))
	history = append(history, porcupine.Operation{Input: asked{ids[0], "read", "x"}, Call: end, Output: told{holder: "nobody"}, Return: end + 1})
	require.Equal(t, porcupine.Illegal, porcupine.CheckOperationsTimeout(taskModel(), history, time.Minute))
}

// act does what is asked. A refusal by the rules is an answer.
func act(t *testing.T, app *core.App, by core.Caller, id uuid.UUID, in asked) (told, error) {
	t.Helper()
	if in.what == "read" {
		task, err := app.Tasks.Get(t.Context(), core.View{Project: id}, in.task)
		if err != nil {
			return told{}, err
		}
		return told{over: !task.Status.Open(), holder: task.ClaimedBy}, nil
	}
	_, err := app.Tasks.Step(t.Context(), by, id, in.task, project.TaskStep(in.what), "", 0)
	switch fault.CodeOf(err) {
	case "task_claimed", "task_state":
		return told{}, nil
	}
	return told{ok: err == nil}, err
}

// TestVersionsAreLinearizable holds that the versions which eight writers get, and
// the ends of the log that readers see, could have come one after the other: none is
// given twice, and none that was given is missed by who looks later.
func TestVersionsAreLinearizable(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.project(t, "Counted")
	const writers, each = 8, 40
	model := porcupine.Model{
		Init: func() any { return int64(1) },
		Step: func(state, input, output any) (bool, any) {
			at, write, got := state.(int64), input.(bool), output.(int64)
			if write {
				return got == at+1, at + 1
			}
			return got == at, at
		},
	}
	var mu sync.Mutex
	var history []porcupine.Operation
	began := time.Now()
	var wg sync.WaitGroup
	for n := range writers {
		own, err := db.Open(t.Context(), b.url, db.Options{MaxConns: 1})
		require.NoError(t, err)
		t.Cleanup(own.Close)
		wg.Go(func() {
			for i := range each {
				write := rand.N(2) == 0
				call := time.Since(began)
				var got int64
				var err error
				if write {
					var r core.Receipt
					r, err = own.Write(t.Context(), core.Write{
						Project: id, Actor: b.ada.Actor, Now: time.Now(), Command: &project.AddNote{ID: fmt.Sprintf("note%d%03d", n, i), Text: "x"},
					})
					got = r.Last
				} else {
					var h core.Head
					h, err = own.Head(t.Context(), id)
					got = h.Version
				}
				if err != nil {
					t.Errorf("write %t: %v", write, err)
					return
				}
				mu.Lock()
				history = append(history, porcupine.Operation{ClientId: n, Input: write, Call: int64(call), Output: got, Return: int64(time.Since(began))})
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	require.Len(t, history, writers*each)
	require.Equal(t, porcupine.Ok, porcupine.CheckOperationsTimeout(model, history, time.Minute))
	b.sound(t, id)
	history[len(history)/2].Output = int64(0) // which was never the end
	require.Equal(t, porcupine.Illegal, porcupine.CheckOperationsTimeout(model, history, time.Minute))
}
