"""Control of a sandbox: from Python, over HTTP, and on the state page."""
