package event

// EpicCreated is the type of the events in which a large piece of what users want is written down.
const EpicCreated Type = "EpicCreated"

// EpicCreatedPayload is the payload of [EpicCreated].
type EpicCreatedPayload struct {
	ID          string `json:"id"`
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
	// Goal is what users have of it, in their words.
	Goal     string `json:"goal,omitempty"`
	Priority string `json:"priority"`
}

// EventType returns [EpicCreated].
func (*EpicCreatedPayload) EventType() Type { return EpicCreated }

// StoryCreated is the type of the events in which a wish of a user is written down.
const StoryCreated Type = "StoryCreated"

// StoryCreatedPayload is the payload of [StoryCreated].
type StoryCreatedPayload struct {
	ID string `json:"id"`
	// Epic is the id of the epic that the story belongs to, or empty.
	Epic        string `json:"epic,omitempty"`
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
	// Criteria are the acceptance criteria: what has to hold when it is done.
	Criteria []string `json:"criteria,omitempty"`
	Priority string   `json:"priority"`
	// Points is the estimate, 0 when there is none.
	Points int `json:"points,omitempty"`
}

// EventType returns [StoryCreated].
func (*StoryCreatedPayload) EventType() Type { return StoryCreated }

// StoryUpdated is the type of the events in which facts about a story change; absent fields stay as they are.
const StoryUpdated Type = "StoryUpdated"

// StoryUpdatedPayload is the payload of [StoryUpdated].
type StoryUpdatedPayload struct {
	ID          string    `json:"id"`
	Epic        *string   `json:"epic,omitempty"`
	Title       *string   `json:"title,omitempty"`
	Description *string   `json:"description,omitempty"`
	Criteria    *[]string `json:"criteria,omitempty"`
	Priority    *string   `json:"priority,omitempty"`
	Points      *int      `json:"points,omitempty"`
	// Status is "backlog", "ready", "in_progress", "done" or "dropped".
	Status *string `json:"status,omitempty"`
}

// EventType returns [StoryUpdated].
func (*StoryUpdatedPayload) EventType() Type { return StoryUpdated }

// LoopStarted is the type of the events in which a feature goes through refining, building, testing and accepting.
const LoopStarted Type = "LoopStarted"

// LoopStartedPayload is the payload of [LoopStarted].
type LoopStartedPayload struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	// Story is the id of the story that is built, or empty.
	Story string `json:"story,omitempty"`
	// Tasks are the ids of the tasks that it is made of.
	Tasks []string `json:"tasks,omitempty"`
	// Status is the first step, "queued" or "refining".
	Status string `json:"status"`
}

// EventType returns [LoopStarted].
func (*LoopStartedPayload) EventType() Type { return LoopStarted }

// LoopAdvanced is the type of the events in which a feature takes the next step, or goes back one.
const LoopAdvanced Type = "LoopAdvanced"

// LoopAdvancedPayload is the payload of [LoopAdvanced].
type LoopAdvancedPayload struct {
	ID string `json:"id"`
	// From and To are "queued", "refining", "building", "testing", "accepting"
	// or "blocked".
	From string `json:"from"`
	To   string `json:"to"`
	// Round counts how often the loop came to this step, from 1.
	Round  int    `json:"round"`
	Reason string `json:"reason,omitempty"`
}

// EventType returns [LoopAdvanced].
func (*LoopAdvancedPayload) EventType() Type { return LoopAdvanced }

// LoopCompleted is the type of the events in which a feature is accepted.
const LoopCompleted Type = "LoopCompleted"

// LoopCompletedPayload is the payload of [LoopCompleted].
type LoopCompletedPayload struct {
	ID     string `json:"id"`
	Result string `json:"result,omitempty"`
	// Rounds is how many rounds it took.
	Rounds int `json:"rounds"`
}

// EventType returns [LoopCompleted].
func (*LoopCompletedPayload) EventType() Type { return LoopCompleted }
