package oracle

import (
	"encoding/json"
	"fmt"
	"os"
)

// ReadLab reads a recording of a lab: NAME.facts.json.
func ReadLab(file string) (*LabFacts, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	f := new(LabFacts)
	if err := json.Unmarshal(b, f); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return f, nil
}
