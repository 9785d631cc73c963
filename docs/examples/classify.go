// Classify one picture from Go, with the standard library alone.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"time"
)

type answer struct {
	Predictions []struct {
		Name, Label, Status string
		Probability         float64
	}
	// Where the service refuses, a problem document (RFC 9457):
	Code, Detail string
}

func setting(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

func classify(url, path string) (answer, error) {
	var found answer
	picture, err := os.ReadFile(path)
	if err != nil {
		return found, err
	}
	image := map[string]string{"name": path, "b64": base64.StdEncoding.EncodeToString(picture)}
	body, err := json.Marshal(map[string]any{"images": []any{image}})
	if err != nil {
		return found, err
	}
	client := http.Client{Timeout: 10 * time.Second}
	request, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return found, err
	}
	request.Header.Set("Content-Type", "application/json")
	if key := os.Getenv("MNIST_API_KEY"); key != "" {
		request.Header.Set("Authorization", "Bearer "+key)
	}
	response, err := client.Do(request)
	if err != nil {
		return found, err
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(&found); err != nil {
		return found, err
	}
	if response.StatusCode != http.StatusOK {
		return found, fmt.Errorf("%s: %s", found.Code, found.Detail)
	}
	return found, nil
}

func main() {
	url := setting("MNIST_URL", "http://localhost:8080")
	model := setting("MNIST_MODEL", "mnist")
	found, err := classify(url+"/v1/models/"+model+":classify", "seven.png")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for _, prediction := range found.Predictions {
		fmt.Printf("%s: %s (%s)\n", prediction.Name, prediction.Label, prediction.Status)
	}
}
