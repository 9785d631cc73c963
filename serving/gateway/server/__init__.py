"""How requests reach the Flask application: uvicorn under gunicorn, one event loop per worker process.

    connection -> protocol (time and size limits) -> application (body, admission) -> bridge -> Flask

Ours is what uvicorn does not have: limits on how long a request may take to arrive, problem+json for every
refusal, an even share of connections among the workers, and a drain in two steps. The application itself is
plain WSGI. Each request runs in a greenlet on the loop and lets others run while it waits (``bridge``).
"""
