package agent

// What a request has besides the texts in it: the marks between messages and tools, and
// the instructions about tools that providers add.
const (
	frameRequest = 1024
	frameMessage = 16
	frameBlock   = 16
	frameTool    = 64
	// bytesPerToken is what English, code and JSON have at least in practice; most have
	// about four.
	bytesPerToken = 3
)

// Bound returns a number of tokens that the prompt of a request does not exceed. It is
// one token for each byte that is sent, because tokenizers cut texts into pieces of at
// least one byte, and room for what providers put around them. Budgets are held with it.
// The real count is usually a quarter of it; once a provider has counted a prompt, the
// loop goes on from that count and uses the bound only for what was added.
func Bound(req Request) int64 {
	return size(req) + frameRequest
}

// Estimate returns about how many tokens the prompt of a request has, one for three
// bytes: more than there are in English, code and JSON, by a third or so. It can be too
// low, by a factor of three at the very most, for texts of rare signs; [Bound] never is.
func Estimate(req Request) int64 { return EstimateBytes(size(req)) }

// EstimateBytes is what [Estimate] says of so many bytes.
func EstimateBytes(bytes int64) int64 { return (bytes + bytesPerToken - 1) / bytesPerToken }

func size(req Request) int64 {
	n := int64(len(req.System))
	for _, t := range req.Tools {
		n += int64(len(t.Name)+len(t.Description)+len(t.Schema)) + frameTool
	}
	for _, m := range req.Messages {
		n += sizeOf(m)
	}
	return n
}

func sizeOf(m Message) int64 {
	n := int64(frameMessage)
	for _, b := range m.Blocks {
		plain := len(b.Text) + len(b.ID) + len(b.Name) + len(b.Input) + len(b.Malformed) + len(b.Result)
		n += int64(max(plain, len(b.Opaque))) + frameBlock
	}
	return n
}
