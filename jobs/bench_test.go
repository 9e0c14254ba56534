package jobs_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/project"
)

// started returns how long each run waited, from the event that queued it to the one
// that began it.
func (b *bundle) started(t testing.TB) []time.Duration {
	t.Helper()
	queued := map[string]time.Time{}
	var waits []time.Duration
	const all = 1 << 20
	events, err := b.app.Log.Events(t.Context(), b.place.Project, core.EventQuery{Types: []string{"AgentQueued", "AgentStarted"}, Limit: all})
	require.NoError(t, err)
	slices.Reverse(events)
	for i := range events {
		e := &events[i]
		p, err := event.Decode(e.Type, e.SchemaVersion, e.Payload)
		require.NoError(t, err)
		switch p := p.(type) {
		case *event.AgentQueuedPayload:
			queued[p.ID] = e.RecordedAt
		case *event.AgentStartedPayload:
			waits = append(waits, e.RecordedAt.Sub(queued[p.ID]))
		}
	}
	slices.Sort(waits)
	return waits
}

func report(b *testing.B, waits []time.Duration) {
	b.Helper()
	at := func(q float64) float64 {
		return float64(waits[min(int(q*float64(len(waits))), len(waits)-1)].Microseconds()) / 1000
	}
	b.ReportMetric(at(0.5), "p50-ms")
	b.ReportMetric(at(0.99), "p99-ms")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkQueuedToStarted measures how long a run waits when nothing else is to be
// done: from the event that queues it to the event that begins it.
func BenchmarkQueuedToStarted(b *testing.B) {
	w := setup(b)
	w.work(b)
	for range b.N {
		run := w.run(b, core.NewRun{Prompt: time.Now().String()})
		w.wait(b, run.ID, is(project.RunCompleted))
	}
	report(b, w.started(b))
}

// BenchmarkCriticalBehindLow measures how long critical runs wait while thousands of
// low ones do.
func BenchmarkCriticalBehindLow(b *testing.B) {
	const low = 10_000
	w := setup(b)
	for range low {
		w.run(b, core.NewRun{Prompt: "hold until told " + time.Now().String(), Queue: project.QueueLow})
	}
	w.work(b)
	b.ResetTimer()
	var waits []time.Duration
	for range b.N {
		run := w.run(b, core.NewRun{Prompt: time.Now().String(), Queue: project.QueueCritical})
		done := w.wait(b, run.ID, is(project.RunCompleted))
		waits = append(waits, done.StartedAt.Sub(done.CreatedAt))
	}
	slices.Sort(waits)
	report(b, waits)
}
