"""The rules taken again: who becomes MQL, what sales' word does to it, what is owed and when."""
