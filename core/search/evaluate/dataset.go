package evaluate

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Repository is one repository of a data set.
type Repository struct {
	Name     string `json:"name"`
	Language string `json:"language"`
	URL      string `json:"url"`
	Revision string `json:"revision"`
	// Root is the folder that is indexed; "" for all of it.
	Root string `json:"benchmark_root"`
}

// Question is a question with what it should find.
type Question struct {
	Text      string   `json:"query"`
	Relevant  []Target `json:"relevant"`
	Secondary []Target `json:"secondary"`
	Category  string   `json:"category"`
}

// Targets are all places the question should find.
func (q Question) Targets() []Target {
	return append(append([]Target{}, q.Relevant...), q.Secondary...)
}

// UnmarshalJSON reads a target that is a path alone, or a path with lines.
func (t *Target) UnmarshalJSON(data []byte) error {
	if strings.HasPrefix(string(data), `"`) {
		if err := json.Unmarshal(data, &t.Path); err != nil {
			return fmt.Errorf("a target's path: %w", err)
		}

		return nil
	}

	type plain Target

	if err := json.Unmarshal(data, (*plain)(t)); err != nil {
		return fmt.Errorf("a target: %w", err)
	}

	return nil
}

// Repositories reads the list of a data set's repositories, repos.json.
func Repositories(dir string) ([]Repository, error) {
	var repositories []Repository

	err := read(filepath.Join(dir, "repos.json"), &repositories)

	return repositories, err
}

// Questions reads a file of questions.
func Questions(file string) ([]Question, error) {
	var questions []Question

	err := read(file, &questions)

	return questions, err
}

func read(file string, into any) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("the data set is not readable: %w", err)
	}

	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("%s is not a file of the data set's form: %w", file, err)
	}

	return nil
}
