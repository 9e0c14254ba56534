package agent

import "encoding/json"

// Tool is what a model may call.
type Tool struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	// Schema is the JSON Schema of the input, an object.
	Schema json.RawMessage `json:"schema"`
}

// The roles of messages.
const (
	RoleUser      = "user"
	RoleAssistant = "assistant"
)

// The types of blocks.
const (
	BlockText       = "text"        // Text
	BlockToolUse    = "tool_use"    // ID, Name, Input
	BlockToolResult = "tool_result" // ID of the call, Result, IsError
	BlockThinking   = "thinking"    // Text (often empty), Opaque
)

// Block is a piece of a message.
type Block struct {
	// Type is one of the Block constants. Providers may hand out other types, which are
	// sent back as they came and otherwise left alone.
	Type string `json:"type"`
	Text string `json:"text,omitempty"`
	// ID ties a tool_result to its tool_use.
	ID    string          `json:"id,omitempty"`
	Name  string          `json:"name,omitempty"`
	Input json.RawMessage `json:"input,omitempty"`
	// Malformed is the input as the model wrote it when it is no JSON object; Input is
	// then {}.
	Malformed string `json:"malformed,omitempty"`
	Result    string `json:"result,omitempty"`
	IsError   bool   `json:"is_error,omitempty"`
	// Opaque is the block as the provider sent it, with signatures and encrypted
	// thoughts. It is sent back unchanged to the same provider and means nothing to
	// anybody else.
	Opaque json.RawMessage `json:"opaque,omitempty"`
}

// Message is one side's part of a conversation.
type Message struct {
	Role   string  `json:"role"`
	Blocks []Block `json:"blocks"`
}

// UserText is a user's message of one text.
func UserText(text string) Message {
	return Message{Role: RoleUser, Blocks: []Block{{Type: BlockText, Text: text}}}
}

// Text is the message's text, its blocks joined by an empty line.
func (m Message) Text() string { return joinText(m.Blocks) }

// ToolUses are the calls that the message asks for.
func (m Message) ToolUses() []Block {
	var uses []Block
	for _, b := range m.Blocks {
		if b.Type == BlockToolUse {
			uses = append(uses, b)
		}
	}
	return uses
}

func joinText(blocks []Block) string {
	var text string
	for _, b := range blocks {
		if b.Type != BlockText || b.Text == "" {
			continue
		}
		if text != "" {
			text += "\n\n"
		}
		text += b.Text
	}
	return text
}
