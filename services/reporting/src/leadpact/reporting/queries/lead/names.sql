select rep, name from rep
