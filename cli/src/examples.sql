-- name: lookup-and-join
SELECT e.first_name, e.last_name, s.salary
FROM employees e
JOIN salaries s ON s.emp_no = e.emp_no
WHERE e.first_name = 'Matt'
  AND s.to_date > '2002-01-01';

-- name: range-too-wide
SELECT * FROM employees WHERE hire_date > '1986-01-01';

-- name: function-hides-the-index
SELECT * FROM employees WHERE YEAR(hire_date) = 1995;

-- name: which-table-first
SELECT d.dept_name, COUNT(*) AS heads, AVG(s.salary) AS mean
FROM departments d
JOIN dept_emp de ON de.dept_no = d.dept_no
JOIN employees e ON e.emp_no = de.emp_no
JOIN salaries s ON s.emp_no = e.emp_no AND s.from_date = de.from_date
WHERE e.gender = 'F' AND e.birth_date < '1955-01-01'
GROUP BY d.dept_name
ORDER BY mean DESC;

-- name: subquery
SELECT e.first_name, e.last_name
FROM employees e
WHERE e.emp_no IN (SELECT t.emp_no FROM titles t WHERE t.title = 'Staff' AND t.to_date = '9999-01-01')
  AND e.hire_date BETWEEN '1990-01-01' AND '1990-03-31';

-- name: order-and-limit
SELECT emp_no, salary FROM salaries ORDER BY salary DESC LIMIT 10;
