"""MNIST's test pictures made hard, and a phone's photograph of one: what is lost, and what it takes."""
