"""Yingshang (营商): the platform with which a district keeps its promises to businesses."""
