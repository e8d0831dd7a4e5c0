"""Figures: plain data in, `plotly.graph_objects.Figure` out. Pages' colours of ground and text come from Streamlit."""
