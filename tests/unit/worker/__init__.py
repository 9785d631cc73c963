"""Tests of serving.gateway.worker without servers."""
