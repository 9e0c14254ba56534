package markdown_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/project"
)

// A state that nobody can put a task into is refused with its line and with those
// that can be written, and not taken for another one.
func TestStatesThatCannotBeWrittenAreRefused(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	task := d.add("Bake", core.NewTask{})
	for _, status := range []string{"skipped", "queued", "baked"} {
		d.edit("TASKS.md", "status: not started", "status: "+status)
		result, err := d.try(nil)
		require.NoError(t, err)
		require.Len(t, result.Refused, 1, status)
		require.Equal(t, fmt.Sprintf("docs/TASKS.md:%d: status cannot be %q; it is one of not started, in progress, blocked, complete, failed, cancelled",
			d.lineOf("TASKS.md", "** Bake"), status), result.Refused[0].Message)
		require.Equal(t, project.TaskNotStarted, d.task(task.ID).Status)
		d.edit("TASKS.md", "status: "+status, "status: not started")
	}
	d.edit("TASKS.md", "** Bake\n", "** Bake\n- [ ] Sell\n  - status: skipped\n")
	result, err := d.try(nil)
	require.NoError(t, err)
	require.Len(t, result.Refused, 1, "a new line")
	require.Len(t, d.tasks(), 1)

	d.edit("TASKS.md", "- [ ] Sell\n  - status: skipped\n", "", "status: not started", "status: cancelled")
	d.sync()
	require.Equal(t, project.TaskCancelled, d.task(task.ID).Status)
}
