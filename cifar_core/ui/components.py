"""What the components of this dashboard share."""


def listen() -> None:
    """To be given as `on_..._change`: Streamlit tells of what a component triggers only where something listens."""
