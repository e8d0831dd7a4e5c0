"""The pages' room: figures, widgets, cached resources. The only one that imports Streamlit."""
